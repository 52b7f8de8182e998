"""What people look at: tables, pictures in the terminal, progress, errors. The only room that knows rich.

Each module turns a record of the core into something to look at; nothing here computes.
"""
