# The C library, the compiler's front for it, and the kernel's headers.
CC=${TOOL}gcc CROSS_COMPILE=$TOOL CFLAGS="$FLAGS" "$SRC/configure" --target="$HOST" --prefix=/usr \
	--syslibdir=/usr/lib --disable-shared --disable-wrapper
make -j"$JOBS"
make install DESTDIR="$DEST"
mkdir -p "$DEST/usr/bin"
sed "s/@TOOL@/$TOOL/" "$here/musl-cc" >"$DEST/usr/bin/musl-cc"
chmod 755 "$DEST/usr/bin/musl-cc"
cp "$here/musl.specs" "$DEST/usr/lib/"
for dir in linux asm-generic asm; do
	for from in "$KERNEL_HEADERS/$dir" "$KERNEL_HEADERS/$MACHINE-linux-gnu/$dir"; do
		[ ! -d "$from" ] || ln -sfn "$from" "$DEST/usr/include/$dir"
	done
done
