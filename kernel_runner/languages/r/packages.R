# %dep: Rscript packages.R PLACE NAME...: each from Debian where root can, else built from CRAN.
# Debian has most of what people ask for, built already.

arguments <- commandArgs(trailingOnly = TRUE)
place <- arguments[[1]]
names <- arguments[-1]
.libPaths(c(place, .libPaths()))

is_installed <- function(name) nzchar(system.file(package = name))

quietly <- function(command, ...) {
  suppressWarnings(system2(command, c(...), stdout = FALSE, stderr = FALSE)) == 0
}

from_debian <- function(name) {
  package <- paste0("r-cran-", tolower(name))
  root <- Sys.info()[["effective_user"]] == "root"
  if (!root || Sys.which("apt-get") == "" || !quietly("apt-cache", "show", package)) return()
  Sys.setenv(DEBIAN_FRONTEND = "noninteractive")
  system2("apt-get", c("install", "--no-install-recommends", "--yes", package))
}

from_cran <- function(name) {
  repository <- getOption("repos")[["CRAN"]]
  if (repository == "@CRAN@") repository <- "https://cloud.r-project.org"
  install.packages(name, lib = place, repos = repository)
}

for (name in names) {
  for (bring in list(from_debian, from_cran)) if (!is_installed(name)) bring(name)
  if (!is_installed(name)) {
    message("There is no package ", name, " now: see above.")
    quit(status = 1)
  }
}
