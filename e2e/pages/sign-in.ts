import { expect, type Page } from '@playwright/test'
import type { DevicesPage } from './devices-page.ts'
import { OverviewPage } from './overview-page.ts'

/** Follows the one-time link that the hub printed, to the page that everybody sees first. */
export async function signInToOverview(page: Page, link: string): Promise<OverviewPage> {
  await page.goto(link)
  await expect(page.getByRole('heading', { level: 1, name: 'Overview' })).toBeVisible()
  return new OverviewPage(page)
}

/** The same, and on to the devices. */
export async function signInByLink(page: Page, link: string): Promise<DevicesPage> {
  const overview = await signInToOverview(page, link)
  return await overview.openDevices()
}
