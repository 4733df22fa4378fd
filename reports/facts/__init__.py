"""Small questions to a publication. Each takes the publication and a scope, and returns a frame or
frozen dataclasses; none knows a page or a template. Days are days of the authority."""
