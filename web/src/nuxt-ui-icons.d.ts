/** Made by the kit's build: the icons that the console names, and only those. */
declare module 'virtual:nuxt-ui-icons' {
  import type { addIcon } from '@iconify/vue'

  export function init(add: typeof addIcon): void
}
