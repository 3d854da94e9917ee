#!/bin/sh
# setup.sh PYTHON FOLDER: makes the environment of the reference packages in FOLDER (about 2 GB, 2 minutes).
set -eu
here=$(dirname "$0")
"$1" -m venv "$2"
pip="$2/bin/python -m pip install --quiet"
$pip --requirement "$here/requirements.txt"
$pip --no-deps --requirement "$here/requirements-alone.txt"
# MERT's own code runs on no newer transformers: in a folder that the path begins with when it runs.
$pip --no-deps --target "$2/mert" transformers==4.36.2 tokenizers==0.15.2 huggingface_hub==0.23.5
# torchaudio's compiled library links CUDA and fails to load beside a CPU torch; without it torchaudio falls back on torch.
if "$2/bin/python" -c 'import torch, sys; sys.exit(torch.version.cuda is not None)'; then
    rm -rf "$2"/lib/python*/site-packages/torchaudio/lib
fi
