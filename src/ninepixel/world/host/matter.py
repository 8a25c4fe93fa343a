"""Classes of matter by name: data, looked up by the ending of a name or by the whole name (canon, section 3).

The tables are the law; :func:`matter_of` says how they are read. Scans of many files read the same tables in
:mod:`~ninepixel.world.host.names`, and a test holds the two together.
"""

from __future__ import annotations

from ninepixel.world.laws.bodies import Matter

#: Endings (what follows the last dot, lower case) of each class.
ENDINGS: dict[Matter, str] = {
    Matter.DATA_STAR: """
        csv tsv psv parquet pqt feather arrow orc avro db db3 sqlite sqlite3 mdb accdb dbf xls xlsx xlsm xlsb ods numbers
        jsonl ndjson geojson npy npz mat h5 hdf hdf5 nc nc4 zarr rdb rdata rds sav dta sas7bdat fits root tfrecord lmdb ldb
        mdf ndf sdf shp shx gpkg osm pbf las laz vcf bed bam sam fasta fastq gff cube dat idx pack frm ibd myd myi""",
    Matter.DOC_NEBULA: """
        txt text md markdown mdx rst adoc asciidoc org tex ltx latex bib rtf doc docx docm dot dotx odt ott fodt pages wpd
        pdf ps eps epub mobi azw azw3 djvu xps man info texi texinfo pod rdoc html htm xhtml mhtml ppt
        pptx odp key-note srt vtt sub ass eml mbox msg ics vcard po pot nfo me readme changes changelog authors copying
        license""",
    Matter.CODE_ORGANISM: """
        py pyi pyx pxd pyw ipynb c h cc cpp cxx hh hpp hxx ino m mm rs go java kt kts scala sc groovy clj cljs cljc edn js
        mjs cjs jsx ts mts cts tsx vue svelte astro css scss sass less styl php phtml rb erb rake gemspec pl pm t lua tcl r
        rmd jl hs lhs ml mli fs fsi fsx fsscript elm ex exs erl hrl nim zig d dart swift v vh sv svh vhd vhdl asm s nasm f
        f90 f95 f03 for pas pp ada adb ads cob cbl lisp lsp el scm ss rkt sql psql plsql graphql gql proto thrift capnp sh
        bash zsh fish ksh csh ps1 psm1 psd1 bat cmd awk sed vim gd glsl vert frag geom comp tesc tese hlsl wgsl metal cu cuh
        cl sol cmake mk mak ninja bzl bazel gradle sbt dockerfile nix tf hcl jinja j2 tmpl tpl mustache hbs ejs pug haml
        y yy l ll yacc lex g4 cs csx vb vbs fsproj csproj vbproj sln patch diff wat ipp inl tcc in am ac m4 pyt rules""",
    Matter.MEDIA_PLASMA: """
        png jpg jpeg jpe jfif gif bmp tif tiff webp avif heic heif ico icns svg svgz xpm xbm ppm pgm pbm pnm tga exr hdr
        psd psb xcf kra ai indd raw cr2 cr3 nef arw dng orf rw2 raf mp3 m4a aac flac wav wave ogg oga opus wma aiff aif aifc
        mid midi mod xm it s3m mka mp4 m4v mkv webm avi mov qt wmv flv mpg mpeg m2ts mts2 ts2 3gp ogv vob ttf otf woff woff2
        eot pfa pfb pcf bdf ttc blend fbx obj stl ply gltf glb dae 3ds usd usda usdz c4d abc cur ani swf""",
    Matter.MODEL_BLACK_HOLE: """
        pt pth ckpt safetensors onnx gguf ggml tflite h5model keras pb mlmodel mlpackage joblib pkl pickle model weights
        caffemodel params pdparams pdmodel bin-model torch trt engine marisa spm bpe vec word2vec fasttext""",
    Matter.CONFIG_CATALYST: """
        json json5 jsonc yaml yml toml ini cfg conf config cnf properties prefs plist xml xsd xsl xslt dtd rng rnc desktop
        service socket timer target mount slice path network netdev link rule lock lst list opts editorconfig options
        gitignore gitattributes gitmodules npmignore dockerignore manifest mf settings theme reg inf dsc control spec pc la
        cabal opam nuspec props targets resx ui glade qrc kdl ron cue dhall jsonnet libsonnet schema types mime sources""",
    Matter.LOG_ECHO: """
        log logs out err trace journal audit access error history pcap pcapng cap evtx etl prof profile dmesg stdout stderr
        nohup tlog jtl""",
    Matter.BIN_MASS: """
        bin exe dll so dylib o a lib obj-code ko elf com sys drv efi rom img iso vmdk vdi vhdx qcow2 dmg deb rpm apk ipa
        appimage snap flatpak msi cab jar war ear class dex pyc pyo whl egg gem nupkg crate zip tar gz tgz bz2 tbz xz txz
        zst lz lz4 lzma 7z rar z ar cpio squashfs wasm node beam hi rlib rmeta mo gmo swiftmodule pdb dsym""",
    Matter.TEMP_DUST: """
        tmp temp cache swp swo swn bak old orig rej part partial crdownload download dmp dump core pid lck stamp nbi nbc
        tsbuildinfo eslintcache dep d-cache gcda gcno profraw""",
    Matter.USER_TOUCH: "chat conversation transcript draft note clip",
}

#: Whole names (lower case) of each class, before endings are looked at.
NAMES: dict[Matter, str] = {
    Matter.DOC_NEBULA: """
        readme license licence copying copyright authors contributors changelog changes news notice install todo thanks
        history maintainers credits hacking faq""",
    Matter.CODE_ORGANISM: """
        makefile gnumakefile kbuild dockerfile containerfile vagrantfile jenkinsfile rakefile gemfile procfile justfile
        cmakelists.txt meson.build sconstruct sconscript build workspace configure""",
    Matter.CONFIG_CATALYST: """
        config kconfig requirements.txt constraints.txt package-lock.json yarn.lock cargo.lock poetry.lock uv.lock go.sum
        go.mod pkginfo metadata record wheel entry_points.txt top_level.txt py.typed hosts fstab crontab sudoers profile
        environment passwd- group shells services protocols networks""",
    Matter.LOG_ECHO: "syslog messages dmesg journal lastlog wtmp btmp faillog nohup.out",
    Matter.TEMP_DUST: ".ds_store thumbs.db desktop.ini core",
    Matter.HARDWARE_QUANTA: "cpuinfo meminfo diskstats loadavg vmstat uptime",
}

#: Folders (lower case) in which every file is dust, whatever its ending says.
DUST_FOLDERS = frozenset(
    name.encode()
    for name in [
        "__pycache__",
        ".cache",
        "cache",
        "caches",
        "tmp",
        "temp",
        ".tmp",
        ".temp",
        ".mypy_cache",
        ".ruff_cache",
        ".pytest_cache",
        ".hypothesis",
        ".tox",
        ".nox",
        ".gradle",
        ".parcel-cache",
        ".turbo",
        ".next",
        ".nuxt",
        ".sass-cache",
        ".ipynb_checkpoints",
        ".trash",
        "trash",
    ]
)


def _by_word(table: dict[Matter, str]) -> dict[bytes, Matter]:
    """``{word: class}``; a word that two classes claim is a mistake in the table."""
    words: dict[bytes, Matter] = {}
    for matter, text in table.items():
        for word in text.split():
            if words.setdefault(word.encode(), matter) is not matter:
                raise ValueError(f"{word} belongs to {words[word.encode()].name} and to {matter.name}")
    return words


MATTER_BY_ENDING = _by_word(ENDINGS)
MATTER_BY_NAME = _by_word(NAMES)
#: Endings of source code: words such as ``token`` in their names mean the subject, not a secret.
CODE_ENDINGS = frozenset(ENDINGS[Matter.CODE_ORGANISM].encode().split())


def without_numbers(name: bytes) -> bytes:
    """*name* without endings that are only digits: ``syslog.1`` is ``syslog``, ``libz.so.1.3`` is ``libz.so``."""
    while True:
        stem, dot, ending = name.rpartition(b".")
        if not (dot and stem and ending.isdigit()):
            return name
        name = stem


def ending_of(name: bytes) -> bytes:
    """What follows the last dot, empty when there is no dot, or only a leading or a trailing one."""
    stem, _, ending = name.rpartition(b".")
    return ending if stem else b""


def matter_of(name: bytes) -> Matter:
    """The class of a file called *name* (the last part of its path; any case).

    A whole name counts before an ending, an ending before digits behind it; a dotfile without an ending is a setting, and
    what nobody knows is binary mass.
    """
    low = name.lower()
    for candidate in (low, without_numbers(low)):
        if candidate in MATTER_BY_NAME:
            return MATTER_BY_NAME[candidate]
        if ending_of(candidate) in MATTER_BY_ENDING:
            return MATTER_BY_ENDING[ending_of(candidate)]
    return Matter.CONFIG_CATALYST if low.startswith(b".") and not ending_of(low) else Matter.BIN_MASS
