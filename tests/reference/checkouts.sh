#!/bin/sh
# checkouts.sh FOLDER: the authors' repositories that no package holds, at the commits that ours was compared with.
set -eu

get() {  # OWNER/NAME COMMIT
    place="$folder/$(basename "$1")"
    git init --quiet "$place"
    git -C "$place" fetch --quiet --depth 1 "https://github.com/$1" "$2"
    git -C "$place" checkout --quiet FETCH_HEAD
}

folder=$1
mkdir -p "$folder"
get harritaylor/torchvggish f3f90969ce8fb77a05d984b892ddf662e8466377
get qiuqiangkong/audioset_tagging_cnn d2f4b8c18eab44737fcc0de1248ae21eb43f6aa4
get kkoutini/passt_hear21 5f1cce6a54b88faf0abad82ed428355e7931213a
get yizhilll/MERT 391062e4c384aaad4e5a992be339ef70769dbd6f
get openai/CLIP d05afc436d78f1c48dc0dbf8e5980a9d471f35f6
