"""Where the batches of a stage are worked on: in this process, in processes beside it, or on a Ray cluster.

bench/engines/job.py has the protocol. The driver, which is the process of the command, is the only one that writes
journals and features; workers get batches and give answers.
"""
