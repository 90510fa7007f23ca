import { expect, type Locator, type Page } from '@playwright/test'

/** The editor of a plan: its tree is walked by the keyboard, as only rows in sight are there. */
export class PlanEditorPage {
  readonly #page: Page
  constructor(page: Page) {
    this.#page = page
  }

  /** Opens folder after folder from the root, and stands on the last one. */
  async goTo(names: readonly string[]): Promise<void> {
    await this.#tree().getByRole('treeitem', { level: 1 }).focus()
    for (const name of names) {
      await this.#openFocused()
      await this.standOn(name)
    }
  }

  /** Looks for a name among what stands open from here on. */
  async standOn(name: string): Promise<void> {
    // On a busy machine letters may come so slowly that they make two words: then the whole is typed again.
    await expect(async () => {
      if ((await this.#name()) !== name) await this.#page.keyboard.type(name)
      expect(await this.#name()).toBe(name)
    }).toPass({ intervals: [800] })
  }

  /** Goes into the folder that one stands on, to its first entry. */
  async enter(): Promise<void> {
    await this.#openFocused()
  }

  async press(key: string): Promise<void> {
    await this.#page.keyboard.press(key)
  }

  async expectBox(checked: 'true' | 'false' | 'mixed', note = ''): Promise<void> {
    await expect(this.#focused()).toHaveAttribute('aria-checked', checked)
    await expect(this.#focused()).toContainText(note)
  }

  /** The figures of the preview, once they are those of what is chosen now. */
  async expectPreview(size: string, files: string): Promise<void> {
    const figure = (name: string) =>
      this.preview()
        .locator('dt', { hasText: new RegExp(`^${name}$`) })
        .locator('xpath=following-sibling::dd')
    await expect(figure('Files')).toHaveText(files, { timeout: 60_000 })
    await expect(figure('To save')).toHaveText(size)
    await expect(this.preview().getByRole('status')).toHaveText('Counted on the device just now.')
  }

  async keepDeletedFiles(): Promise<void> {
    await this.#page.getByRole('button', { name: 'Deleted files' }).click()
    await this.#page.getByRole('radio', { name: 'Kept in the newest snapshot' }).click()
  }

  preview(): Locator {
    return this.#page.getByRole('region', { name: 'As it is now' })
  }

  async save(): Promise<void> {
    await this.#page.getByRole('button', { name: 'Save plan' }).click()
    await expect(this.#page).toHaveURL(/\/plans\/[0-9a-f-]{36}$/)
  }

  async #openFocused(): Promise<void> {
    if ((await this.#focused().getAttribute('aria-expanded')) === 'false') await this.press('ArrowRight')
    await expect(this.#focused()).toHaveAttribute('aria-expanded', 'true')
    const above = Number(await this.#focused().getAttribute('aria-level'))
    // Its entries are asked of the device; until they are there the next row is not one of them.
    await expect
      .poll(() =>
        this.#focused().evaluate((row) => {
          const next = document.querySelector(`[data-index="${Number(row.getAttribute('data-index')) + 1}"]`)
          return next?.hasAttribute('aria-posinset') === true ? Number(next.getAttribute('aria-level')) : 0
        }),
      )
      .toBe(above + 1)
    await this.press('ArrowRight')
  }

  async #name(): Promise<string> {
    const name = await this.#focused().locator('.text-highlighted').first().textContent()
    return name?.trim() ?? ''
  }

  #focused(): Locator {
    return this.#tree().locator('[role=treeitem]:focus')
  }

  #tree(): Locator {
    return this.#page.getByRole('tree')
  }
}
