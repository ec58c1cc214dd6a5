# What is installed, and the Debian package:
#   cmake --preset release && cmake --build build/release --target packaging && (cd build/release && cpack -G DEB)
#
# Man pages and completions are made from the --help of the programs that were just built. Tested by tests/deploy.
set(PCB_PACKAGE proxmox-cluster-balancer)
set(PCB_GENERATED ${CMAKE_BINARY_DIR}/package)
file(MAKE_DIRECTORY ${PCB_GENERATED})

# Reproducible: the date is that of the sources.
if(DEFINED ENV{SOURCE_DATE_EPOCH})
  set(PCB_EPOCH $ENV{SOURCE_DATE_EPOCH})
else()
  execute_process(COMMAND git log -1 --format=%ct WORKING_DIRECTORY ${CMAKE_SOURCE_DIR} OUTPUT_VARIABLE PCB_EPOCH
                  OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
endif()
if(NOT PCB_EPOCH)
  set(PCB_EPOCH 0)
endif()
execute_process(COMMAND env LC_ALL=C date -u -d @${PCB_EPOCH} +%Y-%m-%d OUTPUT_VARIABLE PCB_DATE OUTPUT_STRIP_TRAILING_WHITESPACE)
execute_process(COMMAND env LC_ALL=C date -u -R -d @${PCB_EPOCH} OUTPUT_VARIABLE PCB_DATE_RFC OUTPUT_STRIP_TRAILING_WHITESPACE)
configure_file(deploy/debian/changelog.in ${PCB_GENERATED}/changelog @ONLY)
configure_file(deploy/debian/copyright.in ${PCB_GENERATED}/copyright @ONLY)

set(generated ${PCB_GENERATED}/changelog.gz)
add_custom_command(OUTPUT ${PCB_GENERATED}/changelog.gz
                   COMMAND gzip -9nc ${PCB_GENERATED}/changelog > ${PCB_GENERATED}/changelog.gz
                   DEPENDS ${PCB_GENERATED}/changelog VERBATIM)
# In the package it lies beside the documents, not above them.
add_custom_command(OUTPUT ${PCB_GENERATED}/README.md
                   COMMAND sed -e "s|](docs/|](|g" -e "s|\\[docs/|[|g" -e "s|`docs/|`|g" ${CMAKE_SOURCE_DIR}/README.md > ${PCB_GENERATED}/README.md
                   DEPENDS README.md VERBATIM)
list(APPEND generated ${PCB_GENERATED}/README.md)
foreach(program balancer-exporter balancer-evaluator)
  set(cli ${CMAKE_SOURCE_DIR}/deploy/cli)
  set(scripts ${cli}/table.sh ${cli}/man.sh ${cli}/completion.sh)
  set(man ${PCB_GENERATED}/${program}.1.gz)
  set(completions ${PCB_GENERATED}/${program}.bash ${PCB_GENERATED}/${program}.zsh ${PCB_GENERATED}/${program}.fish)
  add_custom_command(OUTPUT ${man} COMMAND sh -c "\"$1\" \"$2\" \"$3\" | gzip -9n > \"$4\"" man
                     ${cli}/man.sh $<TARGET_FILE:${program}> ${PCB_DATE} ${man} DEPENDS ${program} ${scripts} VERBATIM)
  add_custom_command(OUTPUT ${completions}
                     COMMAND sh -c "for shell in bash zsh fish; do \"$1\" \"$2\" $shell > \"$3.$shell\" || exit 1$<SEMICOLON> done"
                     completion ${cli}/completion.sh $<TARGET_FILE:${program}> ${PCB_GENERATED}/${program}
                     DEPENDS ${program} ${scripts} VERBATIM)
  list(APPEND generated ${man} ${completions})

  install(TARGETS ${program} RUNTIME DESTINATION bin)
  install(FILES ${man} DESTINATION share/man/man1)
  install(FILES ${PCB_GENERATED}/${program}.bash DESTINATION share/bash-completion/completions RENAME ${program})
  install(FILES ${PCB_GENERATED}/${program}.zsh DESTINATION share/zsh/vendor-completions RENAME _${program})
  install(FILES ${PCB_GENERATED}/${program}.fish DESTINATION share/fish/vendor_completions.d RENAME ${program}.fish)
  install(FILES deploy/systemd/${program}.service DESTINATION /lib/systemd/system)
endforeach()
add_custom_target(packaging DEPENDS balancer-exporter balancer-evaluator ${generated})

install(FILES deploy/debian/config.yaml DESTINATION /etc/${PCB_PACKAGE} PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ)
install(DIRECTORY rules dashboards DESTINATION share/${PCB_PACKAGE} FILES_MATCHING PATTERN *.yml PATTERN *.json
        PATTERN source EXCLUDE)
install(FILES deploy/prometheus.yml deploy/alertmanager.yml DESTINATION share/${PCB_PACKAGE}/examples)
install(PROGRAMS deploy/prepare-host.sh deploy/hosts/forced-command deploy/hosts/node-limit.sh exporter/node-collect.sh
                 evaluator/node-migrate.sh DESTINATION share/${PCB_PACKAGE}/hosts)
install(DIRECTORY deploy/ansible deploy/grafana deploy/notify DESTINATION share/${PCB_PACKAGE})
install(FILES config.yaml DESTINATION share/doc/${PCB_PACKAGE}/examples)
install(DIRECTORY docs/ DESTINATION share/doc/${PCB_PACKAGE} FILES_MATCHING PATTERN *.md PATTERN *.schema.json PATTERN openapi.json
        PATTERN *.png PATTERN *.svg)
install(FILES ${PCB_GENERATED}/README.md ${PCB_GENERATED}/copyright ${PCB_GENERATED}/changelog.gz DESTINATION share/doc/${PCB_PACKAGE})

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME ${PCB_PACKAGE})
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT "Proxmox Cluster Balancer <balancer@localhost.localdomain>")
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_SET_DESTDIR ON)  # some destinations are absolute: /etc, /lib/systemd
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# openssh-client: init makes a key with ssh-keygen, prepare-host.sh logs in with ssh.
set(CPACK_DEBIAN_PACKAGE_DEPENDS "adduser, openssh-client")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "prometheus, prometheus-alertmanager")
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${CMAKE_SOURCE_DIR}/deploy/debian/conffiles ${CMAKE_SOURCE_DIR}/deploy/debian/postinst
    ${CMAKE_SOURCE_DIR}/deploy/debian/prerm ${CMAKE_SOURCE_DIR}/deploy/debian/postrm)
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION "watches a Proxmox VE cluster and suggests migrations
The exporter reads the hosts of a Proxmox VE cluster over SSH and serves what
it finds to Prometheus: hosts, containers, virtual machines, storages, quorum.
The evaluator takes Alertmanager's alerts, plans which guest should move where,
checks everything that could stand in the way, and tells people.
.
Nothing is installed on the Proxmox hosts unless you want to restrict what the
two keys may do there.")
include(CPack)
