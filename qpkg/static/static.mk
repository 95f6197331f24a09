# static.mk: the compiler and the libraries of the static program, for server/Makefile. VARIANT: x86_64 or arm_64.

ifeq ($(filter clean,$(MAKECMDGOALS)),)
LIBS := $(shell $(ROOT)/qpkg/static/libs.sh $(VARIANT))
$(if $(LIBS),,$(error the libraries for $(VARIANT) could not be built))
# objects of other libraries are of no use
$(shell [ "$$(cat $(OUT)/libs 2>/dev/null)" = $(LIBS) ] || { rm -rf $(OUT); mkdir -p $(OUT); echo $(LIBS) >$(OUT)/libs; })
endif

TOOL := $(if $(filter arm_64,$(VARIANT)),aarch64,x86_64)-linux-gnu-
CC := $(LIBS)/bin/musl-cc -ffile-prefix-map=$(ROOT)/=
AR := $(TOOL)ar

# musl gives a thread 128 KiB of stack unless the program's header says otherwise.
LDFLAGS := -Wl,--gc-sections -Wl,-z,stack-size=1048576
CPPFLAGS += -isystem $(LIBS)/include
LDLIBS := -L$(LIBS)/lib -lcivetweb -lsqlite3 -ljansson -lcurl -lwslay -lyaml -lssl -lcrypto -lpthread -lm

# The package carries no symbols; they stay beside it, for a core file from somebody's NAS.
FINISH = mv $@ $@.debug && $(TOOL)strip -o $@ $@.debug

$(OUT)/ethstation: $(OUT)/relro.o
$(OUT)/relro.o: $(ROOT)/qpkg/static/relro.c
	@mkdir -p $(@D)
	@$(CC) $(CPPFLAGS) $(CFLAGS) -fPIE -c -o $@ $<

# For tests/static: one call by io/fetch, linked like the program.
.PHONY: probe
probe: $(OUT)/probe
$(OUT)/probe: $(ROOT)/tests/static/probe.c $(OUT)/relro.o $(OUT)/libstation.a
	@$(CC) $(CPPFLAGS) $(CFLAGS) -fPIE $(LDFLAGS) -o $@ $^ $(LDLIBS)
