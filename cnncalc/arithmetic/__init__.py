"""What a stack of layers does to a tensor, in figures.

`report.analyse` makes the Report of a model, the record that tables and JSON are made from; `zoo.ZOO` holds the
named architectures, each a text in the model language.
"""
