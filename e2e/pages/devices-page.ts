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

  /** Names in the list, as it is filtered now. */
  async expectNames(names: readonly string[]): Promise<void> {
    await expect(this.#page.getByRole('rowheader').getByRole('link')).toHaveText([...names])
  }

  async filter(text: string): Promise<void> {
    await this.#page.getByRole('searchbox').fill(text)
  }

  /** “Add device”: has the command carried out, and waits until the device shows up by itself. */
  async addDevice(name: string, carryOut: (command: string) => Promise<void>): Promise<void> {
    await this.#page.getByRole('button', { name: 'Add device' }).click()
    const dialog = this.#page.getByRole('dialog')
    await dialog.getByLabel('Name of the device').fill(name)
    await dialog.getByRole('button', { name: 'Make the command' }).click()
    await carryOut(await dialog.getByLabel('Command to run on the device').innerText())
    await expect(dialog).toContainText(`${name} has joined`)
    await dialog.getByRole('button', { name: 'Done' }).click()
  }
}
