"""300 clinician's reports, every verdict and every kind of name: all render, and their text fits. `make reports`."""

from __future__ import annotations

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from pipeline.reports.clinician.fhir import render_fhir
from pipeline.reports.clinician.html import render_html
from pipeline.reports.clinician.pdf import render_pdf
from pipeline.reports.clinician.text import render_text
from support.made_reports import made_report
from support.report_check import faults_of

COUNT = 300


def main() -> int:
    """Render and look at every report; return 1 where one has a fault."""
    spent = dict.fromkeys(("PDF", "HTML", "text", "FHIR"), 0.0)
    faults = 0
    for seed in range(COUNT):
        report, pdf = made_report(seed), b""
        for name, render in (("PDF", render_pdf), ("HTML", render_html), ("text", render_text), ("FHIR", render_fhir)):
            begun = time.perf_counter()
            made = render(report)
            spent[name] += time.perf_counter() - begun
            pdf = made if isinstance(made, bytes) else pdf
        for fault in faults_of(report, pdf=pdf, look_for_tofu=seed % 10 == 0):
            faults += 1
            print(f"report {seed}: {fault}")
    told = ", ".join(f"{name} {1000 * seconds / COUNT:.0f} ms" for name, seconds in spent.items())
    print(f"{COUNT} reports, {faults} faults; on average {told}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
