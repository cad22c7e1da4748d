pub(in crate::sqlite) fn examine() {}
