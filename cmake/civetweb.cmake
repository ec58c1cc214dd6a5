# civetweb_static: CivetWeb from Debian 12's source package, with TLS over the system's OpenSSL, IPv6, and no code
# that opens a file. Debian's own library crashes on TLS and lacks IPv6, so it cannot be linked.
# The package's files are fetched once by cmake/fetch-civetweb.sh and kept in the user's cache; their sums are
# pinned here. Nothing of CivetWeb is in this repository but the two pieces its source asks the embedder for.
set(civetweb_version 1.15+dfsg-4)
set(civetweb_files
  "civetweb_1.15+dfsg-4.dsc=141ee6bf528e8f33e8a32b5607917609774e80cf842240cffd50e0399755baaf"
  "civetweb_1.15+dfsg.orig.tar.xz=ec372e9737bc820118bbb735f46a07d41f795814ca0f38bc6e67048e7a460f33"
  "civetweb_1.15+dfsg-4.debian.tar.xz=2fe67d05a15be93764398275372f41f6228b17497b23d04f149482ffde7b3fb8")

if(DEFINED ENV{XDG_CACHE_HOME})
  set(civetweb_cache $ENV{XDG_CACHE_HOME})
elseif(DEFINED ENV{HOME} AND IS_DIRECTORY $ENV{HOME})
  set(civetweb_cache $ENV{HOME}/.cache)
else()
  set(civetweb_cache ${CMAKE_BINARY_DIR}/cache)
endif()
set(civetweb_source ${CMAKE_BINARY_DIR}/civetweb-${civetweb_version})

if(NOT EXISTS ${civetweb_source}/.unpacked-${civetweb_version})
  execute_process(
    COMMAND ${CMAKE_CURRENT_LIST_DIR}/fetch-civetweb.sh ${civetweb_source}
            ${civetweb_cache}/proxmox-cluster-balancer/civetweb-${civetweb_version} ${civetweb_version}
            ${civetweb_files}
    RESULT_VARIABLE civetweb_result ERROR_VARIABLE civetweb_messages)
  if(NOT civetweb_result EQUAL 0)
    message(FATAL_ERROR "The source of CivetWeb is not there.\n${civetweb_messages}")
  endif()
endif()

add_library(civetweb_static STATIC ${civetweb_source}/src/civetweb.c)
target_include_directories(civetweb_static
  SYSTEM PUBLIC ${civetweb_source}/include
  PRIVATE ${CMAKE_SOURCE_DIR}/common/http/civetweb)
# NO_FILES and NO_FILESYSTEMS: no file is served, read or written; their price is the two external functions.
# The quantum bounds how long stopping a server takes; the stack holds our handlers; STOP_FLAG_NEEDS_LOCK makes the
# flag that ends the threads atomic.
target_compile_definitions(civetweb_static
  PUBLIC NO_SSL_DL OPENSSL_API_1_1 USE_IPV6 NO_CGI NO_FILES NO_FILESYSTEMS NO_CACHING
  PRIVATE MG_EXTERNAL_FUNCTION_log_access MG_EXTERNAL_FUNCTION_mg_cry_internal_impl
          USE_STACK_SIZE=524288 SOCKET_TIMEOUT_QUANTUM=200 STOP_FLAG_NEEDS_LOCK)
target_compile_options(civetweb_static PRIVATE -w)
set_target_properties(civetweb_static PROPERTIES C_STANDARD 11 C_EXTENSIONS ON)
target_link_libraries(civetweb_static PUBLIC OpenSSL::SSL OpenSSL::Crypto Threads::Threads)
