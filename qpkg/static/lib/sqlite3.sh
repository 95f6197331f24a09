# One file made of all, as its authors advise; the tools that make it run here. Secrets that
# were deleted are overwritten, as by Debian's own build.
CC=gcc AR=ar "$SRC/configure" --disable-tcl
make sqlite3.c
$CC $FLAGS -DSQLITE_THREADSAFE=1 -DSQLITE_DQS=0 -DSQLITE_DEFAULT_MEMSTATUS=0 -DSQLITE_OMIT_LOAD_EXTENSION \
	-DSQLITE_OMIT_DEPRECATED -DSQLITE_OMIT_SHARED_CACHE -DSQLITE_SECURE_DELETE \
	-DHAVE_FDATASYNC=1 -DHAVE_USLEEP=1 -DHAVE_GMTIME_R=1 -DHAVE_LOCALTIME_R=1 -c sqlite3.c -o sqlite3.o
mkdir -p "$DEST/usr/lib" "$DEST/usr/include"
$AR rcs "$DEST/usr/lib/libsqlite3.a" sqlite3.o
cp sqlite3.h "$DEST/usr/include/"
