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
  timeout: 120_000,
  expect: { timeout: 15_000 },
  reporter: 'list',
  use: {
    viewport: { width: 1440, height: 900 },
    locale: 'en-GB',
    acceptDownloads: true,
    trace: 'retain-on-failure',
    screenshot: 'only-on-failure',
    launchOptions: { executablePath: process.env['HOLDFAST_CHROMIUM'] ?? '/usr/bin/chromium', args: chromiumArgs },
  },
})
