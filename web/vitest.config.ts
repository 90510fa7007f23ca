import ui from '@nuxt/ui/vite'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vitest/config'
import { kitTheme } from './scripts/kit-theme.ts'

const conditions = ['@holdfast/source']

export default defineConfig({
  plugins: [vue(), ui({ autoImport: false, components: { dts: false }, colorMode: false, icon: { clientBundle: false }, ui: kitTheme })],
  resolve: { conditions: [...conditions, 'module', 'browser', 'development|production'], dedupe: ['vue', 'vue-router', 'pinia'] },
  ssr: { resolve: { conditions } },
  test: {
    name: 'web',
    include: ['src/**/*.test.ts'],
    environment: 'happy-dom',
    // Fixed, so that dates read the same on every machine.
    env: { TZ: 'UTC' },
    testTimeout: 90_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 20_000 } },
    server: { deps: { inline: ['@nuxt/ui'] } },
  },
})
