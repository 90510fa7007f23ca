import { getIcon } from '@iconify/vue'
import { h, type FunctionalComponent } from 'vue'

const drawings = new Map<string, { readonly viewBox: string; readonly body: string }>()

function drawingOf(name: string): { readonly viewBox: string; readonly body: string } {
  const known = drawings.get(name)
  if (known !== undefined) return known
  const icon = getIcon(name.replace(/^i-/, ''))
  // One that the build did not find by its name; the gap shows in the pictures.
  if (!icon) return { viewBox: '0 0 24 24', body: '' }
  const drawing = { viewBox: `${icon.left} ${icon.top} ${icon.width} ${icon.height}`, body: icon.body }
  drawings.set(name, drawing)
  return drawing
}

/**
 * One of the bundled icons, as large as the text beside it unless its class says otherwise. The kit's own part makes two
 * components of each, with watchers for icons that are still being fetched; ours are all there, and a list has hundreds.
 */
export const LineIcon: FunctionalComponent<{ readonly name: string }> = ({ name }, { attrs }) => {
  const { viewBox, body } = drawingOf(name)
  const isNamed = attrs['aria-label'] !== undefined
  return h('svg', {
    xmlns: 'http://www.w3.org/2000/svg',
    viewBox,
    width: '1em',
    height: '1em',
    ...(isNamed ? { role: 'img' } : { 'aria-hidden': 'true' }),
    innerHTML: body,
  })
}
LineIcon.props = ['name']
