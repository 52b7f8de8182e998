"""Side-by-side measurements, each one command that prints a table of ratios and writes JSON.

pip install --group bench
python -m tests.benchmarks.training
python -m tests.benchmarks.startup
python -m tests.benchmarks.filtering
"""
