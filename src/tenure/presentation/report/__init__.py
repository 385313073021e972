"""The report: one self-contained HTML page, light and dark, to look at or to mail (`page.render_report`)."""
