"""The static site of `bench site`: `collect` reads rows and runs, makers turn them into pages, `write` writes them.

Everything works from file://, so data are classic scripts that assign JSON (`jsons.py`), there are no modules and
no requests. What comes from outside enters a page as text alone: by Jinja's autoescape, or by `textContent`.
"""
