import { defineConfig } from 'vite';
import { gzipOnly } from './build/gzip.mjs';

// Every address in the page is relative: it also works below a proxy's prefix (where the server makes
// them absolute, see server/api/assets.h). Nothing is inlined, because the server's content policy
// allows files of its own only.
export default defineConfig({
	base: './',
	esbuild: { jsx: 'automatic', jsxImportSource: 'preact', legalComments: 'none' },
	build: {
		target: 'es2020',
		outDir: 'dist',
		assetsInlineLimit: 0,
		modulePreload: { polyfill: false },
		reportCompressedSize: false,
	},
	plugins: [gzipOnly()],
});
