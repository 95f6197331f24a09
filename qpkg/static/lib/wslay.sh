# WebSocket framing. From its own package or from aria2's copy of it.
lib=$SRC/lib
[ -d "$lib/includes/wslay" ] || lib=$SRC/deps/wslay/lib
mkdir -p "$DEST/usr/lib" "$DEST/usr/include/wslay"
cp "$lib/includes/wslay/wslay.h" "$DEST/usr/include/wslay/"
echo '#define WSLAY_VERSION "1.1.1"' >"$DEST/usr/include/wslay/wslayver.h"
for c in "$lib"/wslay_*.c; do
	$CC $FLAGS -DHAVE_ARPA_INET_H -DHAVE_NETINET_IN_H -I"$DEST/usr/include" -I"$lib" -c "$c"
done
$AR rcs "$DEST/usr/lib/libwslay.a" ./*.o
