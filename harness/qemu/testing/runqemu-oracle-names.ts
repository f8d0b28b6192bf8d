/** What a build calls an image and its files: the link, and the file with the time in its name. */
export const stem = 'openstack-image-controller-qemux86-64'
export const stamped = `${stem}-20200401093000`
