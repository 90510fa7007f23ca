import type { Page } from 'playwright'
import type { StandInHub } from '../../src/testing/stand-in-hub.ts'

export interface Scene {
  readonly name: string
  readonly show: (page: Page, hub: StandInHub) => Promise<void>
  readonly isSignedOut?: boolean
  /** A hub on its first day: no device, an account without password. */
  readonly isEmpty?: boolean
  /** The whole page, not only the screen. */
  readonly isWhole?: boolean
  /** The scene is about an error that the browser logs by itself. */
  readonly allowErrors?: boolean
  readonly locale?: string
  /** The system asks for high contrast: then every text is held to 7:1. */
  readonly isHighContrast?: boolean
  /** Narrower than the usual phone. */
  readonly phoneWidthPx?: number
}

/** Opens a page and waits for its text. */
export const go = (path: string, text: string) => async (page: Page) => {
  await page.goto(path)
  await page.getByText(text, { exact: false }).first().waitFor()
}
/** Ids by their place in the gallery's world. */
export const run = (hub: StandInHub, index: number) => hub.world.runs[index]?.id ?? ''
export const device = (hub: StandInHub, index: number) => hub.world.devices[index]?.id ?? ''
export const snapshot = (hub: StandInHub, index: number) => hub.world.snapshots[index]?.id ?? ''
