# HTTP and WebSocket, with and without TLS, over TCP and unix sockets; nothing else. Where the certificates of the
# trusted authorities stand is found at run time (io/fetch).
"$SRC/configure" --host="$HOST" CFLAGS="$FLAGS" --prefix=/usr --disable-shared --enable-static \
	--with-openssl="$part_openssl" --without-ca-bundle --without-ca-path \
	--enable-http --enable-websockets --enable-unix-sockets --enable-threaded-resolver \
	--disable-ftp --disable-file --disable-ldap --disable-ldaps --disable-rtsp --disable-dict --disable-telnet \
	--disable-tftp --disable-pop3 --disable-imap --disable-smb --disable-smtp --disable-gopher --disable-mqtt \
	--disable-manual --disable-cookies --disable-proxy --disable-ntlm --disable-aws --disable-netrc --disable-doh \
	--disable-alt-svc --disable-hsts --disable-tls-srp --disable-libcurl-option --disable-progress-meter \
	--without-zlib --without-brotli --without-zstd --without-libidn2 --without-libpsl --without-nghttp2 \
	--without-librtmp --without-libssh2 --without-libgsasl
make -j"$JOBS" -C lib
make -C lib install DESTDIR="$DEST"
make -C include install DESTDIR="$DEST"
