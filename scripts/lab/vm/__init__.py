"""A virtual machine with SELinux enforcing: the EL10 twin under QEMU, with a kernel of its own."""
