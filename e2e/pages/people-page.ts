import { expect, type Page } from '@playwright/test'

/** The accounts of a hub, as an administrator sees them. */
export class PeoplePage {
  readonly page: Page
  constructor(page: Page) {
    this.page = page
  }

  async open(origin: string): Promise<void> {
    await this.page.goto(`${origin}/people`)
    await expect(this.page.getByRole('heading', { level: 1, name: 'People' })).toBeVisible()
  }

  row = (name: string) => this.page.getByRole('row', { name: new RegExp(name) })

  /** @returns the one-time link */
  async invite(name: string, email: string, role: string): Promise<string> {
    await this.page.getByRole('button', { name: 'Invite' }).click()
    const dialog = this.page.getByRole('dialog', { name: 'Invite somebody' })
    await dialog.getByLabel('Name', { exact: true }).fill(name)
    await dialog.getByLabel('E-mail address').fill(email)
    await dialog.getByRole('radio', { name: role }).click()
    await dialog.getByRole('button', { name: 'Make the account' }).click()
    const link = await this.page.getByRole('textbox', { name: `Sign-in link for ${name}` }).innerText()
    await this.page.getByRole('button', { name: 'Done' }).click()
    await expect(this.row(name)).toContainText('Invited')
    return link
  }

  async choose(name: string, item: string): Promise<void> {
    await this.page.getByRole('button', { name: `Actions for ${name}` }).click()
    await this.page.getByRole('menuitem', { name: item, exact: true }).click()
  }

  /** @param ownPassword who makes an administrator is asked for it */
  async changeRole(name: string, role: string, ownPassword?: string): Promise<void> {
    await this.choose(name, 'Edit')
    const dialog = this.page.getByRole('dialog', { name: `Edit ${name}` })
    await dialog.getByRole('radio', { name: role }).click()
    if (ownPassword !== undefined) {
      await expect(dialog.getByRole('button', { name: 'Save' })).toBeDisabled()
      await dialog.getByLabel('Your password', { exact: true }).fill(ownPassword)
    }
    await dialog.getByRole('button', { name: 'Save' }).click()
    await expect(dialog).toBeHidden()
  }
}
