import { defineConfig } from '@playwright/test'

// Debian's Chromium; as root it needs --no-sandbox, and a test has nothing to look up in the background.
const chromiumArgs = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

export default defineConfig({
  testDir: 'journeys',
  outputDir: 'out/results',
  // Each file has a stack of its own, and much of a journey is waiting.
  workers: 2,
  fullyParallel: false,
  retries: 0,
  forbidOnly: true,
  timeout: 300_000,
  expect: { timeout: 30_000 },
  reporter: 'list',
  use: {
    viewport: { width: 1440, height: 900 },
    locale: 'en-GB',
    acceptDownloads: true,
    // Nothing to be painted anew while a journey waits.
    contextOptions: { reducedMotion: 'reduce' },
    // Without pictures of every moment, which cost more than the journey itself where there is no graphics card; the last one is kept.
    trace: { mode: 'retain-on-failure', screenshots: false },
    screenshot: 'only-on-failure',
    launchOptions: { executablePath: process.env['HOLDFAST_CHROMIUM'] ?? '/usr/bin/chromium', args: chromiumArgs },
  },
})
