"""Will it run here, and how much of it?

`gather` asks the engine and its machine, all at once; `report` judges what it found by the topics `engine`,
`cgroup`, `privileges`, `space`, `kernel`, `network`, `lab` and `seats`, which are pure. What is started to find
something out is removed again. Nothing here changes an engine's settings: a finding says what to type.
"""
