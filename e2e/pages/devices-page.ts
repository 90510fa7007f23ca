import { expect, type Page } from '@playwright/test'
import { DevicePage } from './device-page.ts'

export class DevicesPage {
  readonly #page: Page
  constructor(page: Page) {
    this.#page = page
  }

  async expectOnline(name: string): Promise<void> {
    await expect(this.#page.getByRole('row').filter({ hasText: name })).toContainText('Online')
  }

  async open(name: string): Promise<DevicePage> {
    await this.#page.getByRole('link', { name, exact: true }).click()
    await expect(this.#page.getByRole('heading', { level: 1, name })).toBeVisible()
    return new DevicePage(this.#page)
  }
}
