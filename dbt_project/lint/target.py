"""Stands for dbt's `target` while sqlfluff reads the models."""

database = "warehouse"
