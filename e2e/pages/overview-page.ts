import { expect, type Locator, type Page } from '@playwright/test'
import { DevicesPage } from './devices-page.ts'

export class OverviewPage {
  readonly #page: Page
  constructor(page: Page) {
    this.#page = page
  }

  static async open(page: Page): Promise<OverviewPage> {
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Overview' }).click()
    await expect(page.getByRole('heading', { level: 1, name: 'Overview' })).toBeVisible()
    return new OverviewPage(page)
  }

  async openDevices(): Promise<DevicesPage> {
    await this.#page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Devices' }).click()
    await expect(this.#page.getByRole('heading', { level: 1, name: 'Devices' })).toBeVisible()
    return new DevicesPage(this.#page)
  }

  /** The one line that says how it stands. */
  get headline(): Locator {
    return this.#page.getByRole('region', { name: 'How it stands' }).getByRole('heading')
  }

  /** What is not as it should be. */
  get findings(): Locator {
    return this.#page.getByRole('region', { name: 'What is not as it should be' }).getByRole('listitem')
  }

  /** Steps of the first day that are ticked. */
  get doneSteps(): Locator {
    return this.#page.getByRole('region', { name: 'Your first backup' }).getByRole('listitem').filter({ hasText: ': done' })
  }

  async choosePassword(person: { readonly name: string; readonly email: string; readonly password: string }): Promise<void> {
    const card = this.#page.getByRole('region', { name: 'Choose an e-mail address and a password' })
    await card.getByLabel('Your name').fill(person.name)
    await card.getByLabel('E-mail address').fill(person.email)
    await card.getByLabel('New password', { exact: true }).fill(person.password)
    await card.getByLabel('Repeat the new password').fill(person.password)
    await card.getByRole('button', { name: 'Save' }).click()
    await expect(card).toBeHidden()
  }
}
