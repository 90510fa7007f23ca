import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { AxeBuilder } from '@axe-core/playwright'
import { expect, type Page } from '@playwright/test'

export interface Screen {
  readonly name: 'desktop' | 'phone'
  readonly width: number
  readonly height: number
}
export const screens = {
  desktop: { name: 'desktop', width: 1440, height: 900 },
  phone: { name: 'phone', width: 390, height: 844 },
} as const satisfies Record<Screen['name'], Screen>
/** The narrowest phone that everything must fit on. */
const narrowestPx = 360
const themes = ['light', 'dark'] as const
/** Where pictures go; null = nobody wants any, for they cost as much as everything else (`npm run pictures` sets it). */
const pictureFolder = process.env['HOLDFAST_PICTURES'] ?? null

/** Counts what the page is wider than its screen. */
const overflowPx = (page: Page): Promise<number> =>
  page.evaluate(() => Math.max(0, document.documentElement.scrollWidth - document.documentElement.clientWidth))

/**
 * Looks at what is shown, in both themes: nothing wider than the screen, axe without a violation, a picture of each where they are wanted. Contrast is what axe
 * takes longest for, and what a smaller screen does not change: it is looked at on the desktop, of dialogs in one theme. On a phone dark is
 * for pictures only.
 */
export async function lookAt(page: Page, screen: Screen, name: string, kind: 'page' | 'dialog' = 'page'): Promise<void> {
  if (pictureFolder !== null) mkdirSync(pictureFolder, { recursive: true })
  for (const theme of themes) {
    const axe = axeFor(page, screen, theme, kind)
    if (axe === null && pictureFolder === null) continue
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' })
    await expect(page.locator('html')).toHaveClass(new RegExp(`\\b${theme}\\b`))
    // Colours pass into each other for a moment.
    await page.waitForTimeout(150)
    if (pictureFolder !== null) await page.screenshot({ path: join(pictureFolder, `${name}-${screen.name}-${theme}.png`) })
    if (axe === null) continue
    const { violations } = await axe.analyze()
    const told = violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html.slice(0, 200) ?? ''} ${nodes[0]?.failureSummary ?? ''}`)
    expect.soft(told, `${name}, ${screen.name}, ${theme}`).toEqual([])
  }
  expect.soft(await overflowPx(page), `${name}, ${screen.name}: pixels wider than the screen`).toBe(0)
  if (screen.name !== 'phone') return
  await page.setViewportSize({ width: narrowestPx, height: screen.height })
  expect.soft(await overflowPx(page), `${name}: pixels wider than a screen of ${narrowestPx}`).toBe(0)
  await page.setViewportSize(screen)
}

function axeFor(page: Page, screen: Screen, theme: (typeof themes)[number], kind: 'page' | 'dialog'): AxeBuilder | null {
  // Without frames of other origins there is nothing to gather in a page of its own, which costs a second each.
  const axe = new AxeBuilder({ page }).setLegacyMode().options({ resultTypes: ['violations'] })
  if (theme === 'light') return screen.name === 'desktop' ? axe : axe.disableRules(['color-contrast'])
  return screen.name === 'desktop' && kind === 'page' ? axe.withRules(['color-contrast']) : null
}
