"""Stands for dbt's `model` while sqlfluff reads the models."""

name = "this_model"
