// What the module gives besides.
export const mount = (options) => Keystile.mount(options, HOME);
export const unmount = (embed) => embed.unmount();
export const { register } = Keystile;
