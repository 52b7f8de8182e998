"""The README: its pictures, and the proof that what it shows is so."""
