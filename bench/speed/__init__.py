"""How fast Lipgate is beside others: `./lipgate bench`. One clip, one machine, one run, each contender in a process of its own.

`cases` says which clips, `contenders` who is timed and why somebody is not, `ours`, `reference` and `others` do the work that is
timed, `process` runs it and watches its memory, `throughput` scores many files, `results`, `table` and `plot` tell.
"""
