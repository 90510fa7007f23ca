import { fileURLToPath } from 'node:url'
import i18n from '@intlify/unplugin-vue-i18n/vite'
import ui from '@nuxt/ui/vite'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vite'
import { VitePWA } from 'vite-plugin-pwa'
import { kitTheme } from './scripts/kit-theme.ts'
import { firstLoadBudget } from './scripts/first-load-budget.ts'
import { manifest } from './scripts/web-manifest.ts'

const hubUrl = process.env.HOLDFAST_HUB_URL ?? 'http://127.0.0.1:8420'
const locales = fileURLToPath(new URL('./locales/**/*.json', import.meta.url))

export default defineConfig({
  resolve: {
    conditions: ['@holdfast/source', 'module', 'browser', 'development|production'],
    dedupe: ['vue', 'vue-router', 'pinia', '@vueuse/core'],
  },
  plugins: [
    vue(),
    ui({
      // Composables are imported by name where they are used; only the kit's components come by themselves.
      autoImport: false,
      colorMode: false,
      // Icons are named in .ts tables too; one that is not bundled would be asked of another server.
      icon: { clientBundle: { scan: { globInclude: ['src/**/*.{vue,ts}'], globExclude: ['src/testing/**'] } } },
      theme: { colors: ['primary', 'success', 'warning', 'error'] },
      ui: kitTheme,
    }),
    i18n({ include: locales, strictMessage: true, dropMessageCompiler: true }),
    VitePWA({
      strategies: 'injectManifest',
      srcDir: 'service-worker',
      filename: 'service-worker.ts',
      registerType: 'prompt',
      injectRegister: false,
      injectManifest: { globPatterns: ['**/*.{js,css,html,svg,woff2}', 'icon-192.png'] },
      manifest,
    }),
    firstLoadBudget({ maxGzipBytes: 250 * 1024 }),
  ],
  // Parts of the room of a private vault's keys are fetched when they are needed.
  worker: { format: 'es' },
  server: {
    host: '127.0.0.1',
    proxy: { '/api': hubUrl, '/health': hubUrl, '/socket.io': { target: hubUrl, ws: true } },
  },
  build: {
    target: 'baseline-widely-available',
    chunkSizeWarningLimit: 700,
    rolldownOptions: {
      output: {
        codeSplitting: {
          // A browser asks a hub without HTTP/2 for six files at a time: forty small ones are seven round trips before anything is shown.
          // What pages share is split by the pages that need it; pieces below 20 kB join a neighbour.
          groups: [
            { name: 'kit', tags: ['$initial'], test: /node_modules/, priority: 3 },
            { name: 'console', tags: ['$initial'], priority: 2 },
            { name: 'shared', minShareCount: 2, entriesAware: true, entriesAwareMergeThreshold: 20_000, priority: 1 },
          ],
        },
      },
    },
  },
})
