"""The static site of `bench site`: `collect` reads rows and runs, makers make parts of them, `write` writes them.

A maker is a function from the Site to Pages, Data and Copies (`page.py`), named in `make.MAKERS`; its template
extends `templates/base.html`, its scripts lie in `static/`, libraries of others in `carried/`.

Everything works from file://, so data are classic scripts that assign JSON (`jsons.py`), there are no modules and
no requests. What comes from outside enters a page as text alone: by Jinja's autoescape, or by `textContent`
(`sightsound.element` of `static/site.js`). No script stands in a page: its Content-Security-Policy forbids that.
"""
