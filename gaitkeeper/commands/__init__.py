"""One module a group of commands; `gaitkeeper.cli` names them and imports each when it is used."""
