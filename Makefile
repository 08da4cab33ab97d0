# The two commands that matter: `make run` and `make test`. Everything else is CMake's presets.
.DEFAULT_GOAL := help
.PHONY: help setup run test demo-screens netlab capacity bench bench-quick bench-ports bench-crowd bench-scrape soak fuzz chaos storm image format tidy clean

help:
	@echo "make run     install what is missing, build, and start the demo on http://127.0.0.1:8080/"
	@echo "make test    install what is missing, build, and run every test"
	@echo "make demo-screens  write screenshots of the dashboard over a lively proxy to build/screens/"
	@echo "make netlab  run the tests between hosts, which are network namespaces; needs root or user namespaces"
	@echo "make capacity  hold all the connections that a narrow range of ports can, in each mode; ARGS=--ports N"
	@echo "make bench   compare with HAProxy, nginx and a bare relay; ARGS=--quick for a short run"
	@echo "make bench-quick  the same in three minutes, against the committed figures; fails at 1.5 times a cost"
	@echo "make bench-crowd  hold 100,000 WebSockets at once, scrape, reload and drain them"
	@echo "make bench-ports  hold all 64,512 ports of a source at once, and time the last dials"
	@echo "make bench-scrape  time a scrape of 1,000 routes, and what messages wait meanwhile"
	@echo "make soak    5,000 tunnels with traffic, churn, reloads and restarts of backends; MINUTES=30"
	@echo "make fuzz    run the fuzz targets; TIME=60 seconds each, or RUNS=10000000 executions; TARGET=request_head for one"
	@echo "make chaos   fail everything at random for ten minutes and check every byte; MINUTES=10 SEED=1234"
	@echo "make storm   measure what healthy tunnels notice of each kind of flood"
	@echo "make image   build the container image and look it over"
	@echo "make format  rewrite the C++ files as .clang-format says"
	@echo "make tidy    run clang-tidy over the sources"
	@echo "make clean   remove build/"

setup:
	@scripts/setup.sh build test

run:
	@scripts/setup.sh build
	@$(MAKE) --no-print-directory build/release/build.ninja
	@cmake --build --preset release --target fairlead
	@exec build/release/fairlead demo $(ARGS)

test: setup
	@$(MAKE) --no-print-directory build/dev/build.ninja
	@cmake --build --preset dev
	@ctest --preset dev -j2 --output-on-failure $(ARGS)

demo-screens: setup
	@$(MAKE) --no-print-directory build/dev/build.ninja
	@cmake --build --preset dev --target fairlead
	@FAIRLEAD_BINARY=build/dev/fairlead /usr/bin/python3 -B test/integration/demo_screens.py build/screens $(ARGS)

netlab: setup
	@$(MAKE) --no-print-directory build/dev/build.ninja
	@cmake --build --preset dev --target fairlead
	@ctest --preset dev -L netlab --output-on-failure $(ARGS)

capacity: setup
	@$(MAKE) --no-print-directory build/dev/build.ninja
	@cmake --build --preset dev --target fairlead
	@FAIRLEAD_BINARY=build/dev/fairlead /usr/bin/python3 -B test/netlab/capacity.py $(ARGS)

bench:
	@scripts/setup.sh build bench
	@$(MAKE) --no-print-directory build/bench/build.ninja
	@cmake --build --preset bench
	@bench/run.py $(ARGS)

bench-quick:
	@scripts/setup.sh build bench
	@$(MAKE) --no-print-directory build/bench/build.ninja
	@cmake --build --preset bench
	@bench/run.py --quick --tls-rounds 3 --tunnels 9000 --subjects fairlead,haproxy $(QUICK_PARTS:%=--only %) --against bench/results/latest.json $(ARGS)

bench-crowd:
	@scripts/setup.sh build bench
	@$(MAKE) --no-print-directory build/bench/build.ninja
	@cmake --build --preset bench
	@bench/crowd.py $(ARGS)

bench-ports:
	@scripts/setup.sh build bench
	@$(MAKE) --no-print-directory build/bench/build.ninja
	@cmake --build --preset bench
	@bench/ports.py $(ARGS)

bench-scrape:
	@scripts/setup.sh build bench
	@$(MAKE) --no-print-directory build/release/build.ninja
	@cmake --build --preset release --target fairlead
	@bench/scrape.py $(ARGS)

soak:
	@scripts/setup.sh build bench
	@$(MAKE) --no-print-directory build/bench/build.ninja
	@cmake --build --preset bench
	@bench/soak.py --minutes $(or $(MINUTES),30) $(ARGS)

QUICK_PARTS := memory echo-64 echo-1k echo-16k echo-256k upgrade http download tls-memory tls-echo-1k tls-upgrade

fuzz:
	@RUNS=$(RUNS) scripts/fuzz.sh $(or $(TIME),60) $(TARGET)

chaos: setup
	@$(MAKE) --no-print-directory build/dev/build.ninja
	@cmake --build --preset dev --target fairlead
	@FAIRLEAD_BINARY=build/dev/fairlead /usr/bin/python3 -B test/chaos/chaos.py --record \
	  --seconds $$(($(or $(MINUTES),10) * 60)) $(if $(SEED),--seed $(SEED)) $(ARGS)

storm: setup
	@$(MAKE) --no-print-directory build/release/build.ninja
	@cmake --build --preset release --target fairlead
	@FAIRLEAD_BINARY=build/release/fairlead /usr/bin/python3 -B test/chaos/storm.py --record $(ARGS)

image:
	@scripts/image.sh $(ARGS)

format:
	@scripts/setup.sh lint
	@find conf metrics tls proxy test bench -name node_modules -prune -o '(' -name '*.cpp' -o -name '*.hpp' ')' -print0 \
	  | xargs -0 clang-format -i

# clang cannot read g++'s precompiled header, so this has a build directory of its own.
tidy: setup
	@scripts/setup.sh ci lint
	@cmake --preset clang -B build/tidy -D CMAKE_DISABLE_PRECOMPILE_HEADERS=ON >/dev/null
	@find conf metrics tls proxy -name '*.cpp' -print0 | xargs -0 -P2 -n4 clang-tidy --quiet -p build/tidy

clean:
	@rm -rf build

build/%/build.ninja: CMakePresets.json
	@cmake --preset $*
	@touch $@
