import type { NuxtUIOptions } from '@nuxt/ui/unplugin'

const dimmed = 'bg-neutral-950/30 dark:bg-neutral-950/70'

/** How the kit's parts differ here from what they are out of the box. Which scale plays which colour's part: `src/ui/colour-parts.css`. */
export const kitTheme: NonNullable<NuxtUIOptions['ui']> = {
  modal: { variants: { overlay: { true: { overlay: dimmed } } } },
  slideover: { variants: { overlay: { true: { overlay: dimmed } } } },
}
