/*
 * Pictures every page and dialog of the built console in both themes on a desktop and a phone, and holds each against axe:
 *   npm run build -w web && node -C @holdfast/source web/scripts/picture-pages.ts OUT_FOLDER [pattern of scene names] [pattern of variants: 'phone light']
 * Prints every finding and every console error; exits 1 if there was one.
 */
import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { AxeBuilder } from '@axe-core/playwright'
import { chromium, type Browser, type Page } from 'playwright'
import { galleryWorld } from '../src/testing/gallery-world.ts'
import { readPages, startStandInHub, type StandInHub } from '../src/testing/stand-in-hub.ts'
import { aUser, aWorld } from '../src/testing/world.ts'
import { scenes } from './scenes/index.ts'
import type { Scene } from './scenes/scene.ts'

const [outFolder = 'pictures', pattern = '', variant = ''] = process.argv.slice(2)
const pages = readPages(fileURLToPath(new URL('../dist', import.meta.url)))
const screens = [
  { name: 'desktop', width: 1440, height: 900, isPhone: false },
  { name: 'phone', width: 390, height: 844, isPhone: true },
] as const
const themes = ['light', 'dark'] as const
const findings: string[] = []
/** Told at once too: a browser that dies takes the end of the list with it. */
function note(finding: string): void {
  findings.push(finding)
  process.stdout.write(`${finding}\n`)
}

/** Parts that wait until they come near the view are to be on the picture of a whole page. */
async function walkThrough(page: Page): Promise<void> {
  for (let turn = 0; turn < 12; turn += 1) {
    await page.mouse.wheel(0, 700)
    await page.waitForTimeout(60)
  }
  await page.evaluate(() => window.scrollTo(0, 0))
}

async function picture(browser: Browser, scene: Scene, screen: (typeof screens)[number], theme: (typeof themes)[number]): Promise<void> {
  const world =
    scene.isEmpty === true
      ? aWorld({
          user: aUser({ hasPassword: false, email: null, name: 'Administrator' }),
          vaultsWithoutRecoveryKey: ['00000000-0000-4000-8000-00000000abcd' as never],
        })
      : galleryWorld()
  const hub: StandInHub = await startStandInHub({ world, isSignedIn: scene.isSignedOut !== true, pages })
  const context = await browser.newContext({
    baseURL: hub.url,
    viewport: { width: screen.isPhone ? (scene.phoneWidthPx ?? screen.width) : screen.width, height: screen.height },
    isMobile: screen.isPhone,
    hasTouch: screen.isPhone,
    colorScheme: theme,
    locale: scene.locale ?? 'en-GB',
    serviceWorkers: 'block',
    reducedMotion: 'reduce',
    contrast: scene.isHighContrast === true ? 'more' : 'no-preference',
  })
  const page: Page = await context.newPage()
  const label = `${scene.name} ${screen.name} ${theme}`
  page.on('console', (message) => {
    if (message.type() === 'error' && scene.allowErrors !== true) note(`${label}: console: ${message.text()}`)
  })
  page.on('pageerror', (error) => note(`${label}: page error: ${error.message}`))
  try {
    await scene.show(page, hub)
    if (scene.isWhole === true) await walkThrough(page)
    await page.waitForTimeout(350)
    await page.screenshot({ path: `${outFolder}/${scene.name}-${screen.name}-${theme}.png`, fullPage: scene.isWhole === true })
    const stricter = { rules: { 'color-contrast-enhanced': { enabled: scene.isHighContrast === true } } }
    const { violations } = await new AxeBuilder({ page }).options(stricter).analyze()
    for (const violation of violations)
      note(
        `${label}: axe ${violation.id}: ${violation.nodes
          .map((node) => `${node.html.slice(0, 160)} ${node.failureSummary?.split('\n')[1] ?? ''}`)
          .slice(0, 3)
          .join(' | ')}`,
      )
    const overflowPx = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
    if (overflowPx > 0) note(`${label}: the page is ${overflowPx} px wider than the screen`)
  } catch (error) {
    note(`${label}: ${error instanceof Error ? error.message.split('\n').slice(0, 3).join(' ') : String(error)}`)
    await page.screenshot({ path: `${outFolder}/${scene.name}-${screen.name}-${theme}-failed.png` }).catch(() => undefined)
  } finally {
    await context.close()
    await hub.close()
  }
}

mkdirSync(outFolder, { recursive: true })
for (const scene of scenes.filter(({ name }) => new RegExp(pattern).test(name))) {
  const browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
  for (const screen of screens)
    for (const theme of themes) if (new RegExp(variant).test(`${screen.name} ${theme}`)) await picture(browser, scene, screen, theme)
  await browser.close()
}
process.stdout.write(findings.length === 0 ? 'No findings.\n' : `${findings.length} findings.\n`)
process.exitCode = findings.length === 0 ? 0 : 1
