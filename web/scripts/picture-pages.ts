/*
 * Pictures every page and dialog of the built console in both themes on a desktop and a phone, and holds each against axe:
 *   npm run build -w web && node -C @holdfast/source web/scripts/picture-pages.ts OUT_FOLDER [pattern of scene names]
 * Prints every finding and every console error; exits 1 if there was one.
 */
import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { AxeBuilder } from '@axe-core/playwright'
import { chromium, type Browser, type Page } from 'playwright'
import { galleryWorld } from '../src/testing/gallery-world.ts'
import { readPages, startStandInHub, type StandInHub } from '../src/testing/stand-in-hub.ts'
import { aUser, aWorld } from '../src/testing/world.ts'
import { scenes, type Scene } from './picture-scenes.ts'

const [outFolder = 'pictures', pattern = ''] = process.argv.slice(2)
const pages = readPages(fileURLToPath(new URL('../dist', import.meta.url)))
const screens = [
  { name: 'desktop', width: 1440, height: 900, isPhone: false },
  { name: 'phone', width: 390, height: 844, isPhone: true },
] as const
const themes = ['light', 'dark'] as const
const findings: string[] = []

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
    viewport: { width: screen.width, height: screen.height },
    isMobile: screen.isPhone,
    hasTouch: screen.isPhone,
    colorScheme: theme,
    locale: scene.locale ?? 'en-GB',
    serviceWorkers: 'block',
    reducedMotion: 'reduce',
  })
  const page: Page = await context.newPage()
  const label = `${scene.name} ${screen.name} ${theme}`
  page.on('console', (message) => {
    if (message.type() === 'error' && scene.allowErrors !== true) findings.push(`${label}: console: ${message.text()}`)
  })
  page.on('pageerror', (error) => findings.push(`${label}: page error: ${error.message}`))
  try {
    await scene.show(page, hub)
    await page.waitForTimeout(350)
    await page.screenshot({ path: `${outFolder}/${scene.name}-${screen.name}-${theme}.png`, fullPage: scene.isWhole === true })
    const { violations } = await new AxeBuilder({ page }).analyze()
    for (const violation of violations)
      findings.push(
        `${label}: axe ${violation.id}: ${violation.nodes
          .map((node) => `${node.html.slice(0, 160)} ${node.failureSummary?.split('\n')[1] ?? ''}`)
          .slice(0, 3)
          .join(' | ')}`,
      )
    const overflowPx = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
    if (overflowPx > 0) findings.push(`${label}: the page is ${overflowPx} px wider than the screen`)
  } catch (error) {
    findings.push(`${label}: ${error instanceof Error ? error.message.split('\n').slice(0, 3).join(' ') : String(error)}`)
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
  for (const screen of screens) for (const theme of themes) await picture(browser, scene, screen, theme)
  await browser.close()
}
process.stdout.write(findings.length === 0 ? 'No findings.\n' : `${findings.join('\n')}\n${findings.length} findings.\n`)
process.exitCode = findings.length === 0 ? 0 : 1
