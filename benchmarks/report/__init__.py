"""What was measured, as text, as Markdown, as pictures and as JSON."""
