# TLS 1.2 and 1.3, their ciphers, and scrypt; assembly that looks at the processor first. No modules, no engines:
# a static program loads nothing.
"$SRC/Configure" "linux-$MACHINE" --prefix=/usr --libdir=lib --openssldir=/etc/ssl \
	no-shared no-filenames no-dso no-module no-engine no-legacy no-autoload-config no-tests no-async no-afalgeng \
	no-ssl3 no-tls1 no-tls1_1 no-dtls no-comp no-ui-console no-cmp no-cms no-ct no-ts no-srp no-psk no-srtp \
	no-sm2 no-sm3 no-sm4 no-camellia no-aria no-idea no-seed no-bf no-cast no-rc2 no-rc4 no-des no-md4 no-mdc2 \
	no-whirlpool no-rmd160 no-siphash no-blake2 no-ec2m no-gost no-ocb no-siv no-dsa \
	$FLAGS
make -j"$JOBS" build_libs
make install_dev DESTDIR="$DEST"
rm -r "$DEST/usr/lib/pkgconfig" # it would send curl to /usr
