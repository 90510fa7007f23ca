import { expect, type Page } from '@playwright/test'
import { DevicesPage } from './devices-page.ts'

/** Follows the one-time link that the hub printed. */
export async function signInByLink(page: Page, link: string): Promise<DevicesPage> {
  await page.goto(link)
  await expect(page.getByRole('heading', { level: 1, name: 'Devices' })).toBeVisible()
  return new DevicesPage(page)
}
