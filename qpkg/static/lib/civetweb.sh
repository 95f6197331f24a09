# The web server with TLS from the OpenSSL above; files, CGI and WebSocket are not used (io/http.c).
$CC $FLAGS -DOPENSSL_API_3_0 -DNO_SSL_DL -DNO_FILES -DNO_CGI -DUSE_SERVER_STATS \
	-I"$SRC/include" -I"$part_openssl/include" -c "$SRC/src/civetweb.c" -o civetweb.o
mkdir -p "$DEST/usr/lib" "$DEST/usr/include"
$AR rcs "$DEST/usr/lib/libcivetweb.a" civetweb.o
cp "$SRC/include/civetweb.h" "$DEST/usr/include/"
