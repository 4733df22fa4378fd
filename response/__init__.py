"""The response: whatever is found has an owner until it is over.

Here belong the alert rules, what becomes of findings, the incidents with their history, and who
may do what with them. Detection does not (it is SQL in dbt), nor do pages.
"""
