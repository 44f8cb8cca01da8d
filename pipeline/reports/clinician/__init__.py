"""The clinician's report: one A4 page, worst first, and an appendix with one panel for each flagged session.

`model` is what it is made of, `page` puts it into words once, and `text`, `html`, `pdf` and `fhir` only lay it out.
"""
