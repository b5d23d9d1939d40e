# Packages that cells may name and that need not be installed: IRdisplay is the kernel's own.

provide_display <- function() {
  path <- file.path(folder, "IRdisplay")
  attach(cell_functions, name = "package:IRdisplay", warn.conflicts = FALSE)
  environment <- as.environment("package:IRdisplay")
  attr(environment, "path") <- path
  namespace <- make_namespace("IRdisplay", "1.1", path)
  list2env(as.list(cell_functions), namespace)
  namespaceExport(namespace, ls(cell_functions))
}

# As loadNamespace() makes one, without files.
make_namespace <- function(name, version, path) {
  imports <- structure(new.env(parent = .BaseNamespaceEnv), name = paste0("imports:", name))
  namespace <- new.env(parent = imports)
  assign(".__NAMESPACE__.", new.env(parent = baseenv()), envir = namespace)
  assign(".__S3MethodsTable__.", new.env(parent = baseenv()), envir = namespace)
  assign("spec", c(name = name, version = version), envir = namespace[[".__NAMESPACE__."]])
  setNamespaceInfo(namespace, "exports", new.env(parent = baseenv()))
  setNamespaceInfo(namespace, "imports", list(base = TRUE))
  setNamespaceInfo(namespace, "path", path)
  setNamespaceInfo(namespace, "dynlibs", NULL)
  setNamespaceInfo(namespace, "S3methods", matrix(NA_character_, 0L, 4L))
  .Internal(registerNamespace(name, namespace))
  namespace
}
